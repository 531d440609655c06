"""Settings for every test of the repository."""

from hypothesis import settings

# A deadline would test the machine; pytest-timeout ends what hangs.
settings.register_profile("tunesmith", deadline=None)
settings.load_profile("tunesmith")
