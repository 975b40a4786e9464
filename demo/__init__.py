"""Scenes to look at: simulated chargers, and a real Home Assistant that shares the supply of each between them."""
