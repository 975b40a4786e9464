"""Write set-points: one hand for each, and the gate of a charger that knows all or nothing."""
