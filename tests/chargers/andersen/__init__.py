"""Hold the Andersen package to its fact sheet, over real sockets."""
