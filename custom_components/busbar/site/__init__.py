"""Share one supply among its members: read what comes in, decide, hand on what comes out."""
