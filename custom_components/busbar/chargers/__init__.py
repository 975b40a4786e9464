"""Speak to chargers: one package per make behind one boundary, `model.py`."""
