"""A house in virtual time: appliances, sun, meters, chargers and cars, with their delays and their faults."""
