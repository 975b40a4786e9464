"""Tests of what talks to hardware."""
