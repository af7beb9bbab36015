"""What holds for every test: a property is held to what it says, never to how long a busy machine takes over it."""

from hypothesis import HealthCheck, settings

settings.register_profile("wardkey", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("wardkey")
