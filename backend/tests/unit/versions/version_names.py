"""Version names of both schemes for the tests, as Hypothesis strategies, and their places in the order."""

from hypothesis import strategies as st

from wxcloudrun.versions.rules.general import order_of
from wxcloudrun.versions.rules.sort_keys import VersionSortKey

numbers = st.integers(min_value=0, max_value=12)
words = st.sampled_from(["alpha", "beta", "rc", "dev", "x", "rc1", "0a", "-", "SNAPSHOT"])
identifiers = st.lists(st.one_of(numbers.map(str), words), min_size=1, max_size=3).map(".".join)
semver_names = st.builds(
    lambda core, pre, build: ".".join(map(str, core)) + pre + build,
    st.tuples(numbers, numbers, numbers),
    st.one_of(st.just(""), identifiers.map(lambda text: f"-{text}")),
    st.one_of(st.just(""), identifiers.map(lambda text: f"+{text}")),
)
python_names = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "1!", "v"]),
        st.lists(numbers.map(str), min_size=1, max_size=4).map(".".join),
        st.sampled_from(["", "", "a0", "a1", "b2", "rc1", "rc10", ".alpha3"]),
        st.sampled_from(["", "", ".post0", ".post2", "-3"]),
        st.sampled_from(["", "", ".dev0", ".dev7"]),
        st.sampled_from(["", "", "+abc", "+abc.5", "+7"]),
    ),
)
ordered_names = st.one_of(semver_names, python_names).filter(lambda name: order_of(name) is not None)
unordered_names = st.sampled_from(["nightly", "2024-05-01", "1.2.3.Final", "build_7"])
any_names = st.one_of(semver_names, python_names, unordered_names)


def place(name: str) -> VersionSortKey:
    found = order_of(name)
    assert found is not None, name
    return found


def comparison(left: VersionSortKey, right: VersionSortKey) -> int:
    return (left > right) - (left < right)
