"""Other people's algorithms, run in an environment of their own."""
