"""Hold the simulated Konnect+ cloud to the fact sheet."""
