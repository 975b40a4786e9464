"""How hypothesis looks for counterexamples."""

from hypothesis import HealthCheck, settings

# The same examples in every run, however busy the machine is; `--hypothesis-profile explore` looks for new ones.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("steady")
