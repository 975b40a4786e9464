"""Tests of the balancer: no Home Assistant, no wire."""
