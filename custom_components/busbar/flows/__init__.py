"""The steps of the config flow, one module per kind of thing that is set up."""
