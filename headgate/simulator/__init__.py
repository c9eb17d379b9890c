"""Simulated providers: format-true answers, realistic usage, any pace, and on request any fault.

They stand for the outside world in the demo, the tests and the benchmark, so nothing here shares code with the gateway's own
readers and writers: what the gateway gets wrong about a format must not be wrong here in the same way.
"""

from headgate.simulator.directive import Directive
from headgate.simulator.seen import Seen
from headgate.simulator.simulator import Simulator, start

__all__ = ["Directive", "Seen", "Simulator", "start"]
