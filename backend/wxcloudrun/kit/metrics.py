"""How the service is measured, for Prometheus. What is, each part of it says in its own `metrics.py`.

Labels have few values: never a project, a package, a person or an address, and never text that a client
has made up. Under gunicorn each worker writes into files of its own in PROMETHEUS_MULTIPROC_DIR, which
gunicorn.conf.py makes; whichever worker is asked adds them up.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from wxcloudrun.kit import metric_files

metric_files.use()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OWN = CollectorRegistry()
disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of birth beside each sample, which nobody asks for


def counter(name: str, about: str, *labels: str) -> Counter:
    """Make one that only goes up; `_total` is added to its name."""
    return Counter(name, about, labels, registry=OWN)


def gauge(name: str, about: str, *labels: str) -> Gauge:
    """Make one that goes up and down; those of all workers that live are added."""
    return Gauge(name, about, labels, multiprocess_mode="livesum", registry=OWN)


def histogram(name: str, about: str, *labels: str) -> Histogram:
    """Make one of durations in seconds."""
    return Histogram(name, about, labels, registry=OWN, buckets=SECONDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure that the database knows: it is read when somebody asks, by the values of its label."""

    name: str
    about: str
    label: str
    values: Callable[[], Mapping[str, int]]


class Sampled:
    """What was read for one of them."""

    def __init__(self, asked: Asked, values: Mapping[str, int]) -> None:
        self._asked = asked
        self._values = values

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one sample for each value of the label."""
        family = GaugeMetricFamily(self._asked.name, self._asked.about, labels=[self._asked.label])
        for value, count in sorted(self._values.items()):
            family.add_metric([value], count)
        yield family


def exposition(sampled: Iterable[Sampled]) -> bytes:
    """Write down every metric, of all workers if there are several, and what was read besides."""
    registry = CollectorRegistry()
    for each in sampled:
        registry.register(each)
    try:
        collector = MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library is typed in part
    except ValueError:  # PROMETHEUS_MULTIPROC_DIR is not set: this process is the only one, or has no room
        registry.register(OWN)
        return generate_latest(registry)
    with metric_files.steady(Path(collector._path), to_change=False):  # noqa: SLF001  # it has no public name for it
        return generate_latest(registry)
