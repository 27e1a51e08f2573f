"""Tests of the connectivity checks, on real servers and files."""
