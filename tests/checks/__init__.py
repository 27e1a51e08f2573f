"""Tests of the shipped checks, one folder a category."""
