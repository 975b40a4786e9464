"""Speak to energy meters that we read ourselves: one package per make, behind the boundary of the chargers."""
