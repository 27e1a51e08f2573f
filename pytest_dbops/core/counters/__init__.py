"""What a server counts, kept from run to run, so that rates are judged and not totals."""

from pytest_dbops.core.counters.samples import COUNTERS_KEY, Sample, Samples, sample_of, samples_in, with_sample
from pytest_dbops.core.counters.settings import SETTINGS_KEY, kept_settings, settings_in
from pytest_dbops.core.counters.windows import FIRST_RUN, Window, counting_since, gauge_line, window_of

__all__ = [
    "COUNTERS_KEY",
    "FIRST_RUN",
    "SETTINGS_KEY",
    "Sample",
    "Samples",
    "Window",
    "counting_since",
    "gauge_line",
    "kept_settings",
    "sample_of",
    "samples_in",
    "settings_in",
    "window_of",
    "with_sample",
]
