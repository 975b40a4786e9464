# Home Assistant installs probatio under the name voluptuous (2026.9 and later). The name voluptuous is the one that works
# on every version that we support; this tells the type checker what stands behind it on the newest.
from probatio import *
