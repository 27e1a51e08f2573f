"""Views of one run's `Report`: JSON, JUnit, text and Nagios, and how they are written to files."""
