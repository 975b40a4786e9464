"""A whole house to look at: simulated chargers, and a real Home Assistant that shares one supply between them."""
