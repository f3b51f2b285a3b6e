"""Measurements that people can run again; timings live here and never in the tests."""
