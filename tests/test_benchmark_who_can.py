"""The benchmark of who-can runs, and what it measures grows with the answers."""

from benchmarks.who_can import make_world, render, run


def test_the_report_has_a_line_for_each_size_and_the_ratios():
    report = render(run(((20, 2), (40, 4)), repeats=1))
    assert ["principals", "keys", "statements"] == report.split()[:3]
    assert "40 principals and 4 keys against 20 and 2, whose product is 4 times as large:" in report


def test_the_answers_grow_with_the_principals():
    small, large = run(((50, 5), (100, 5)), repeats=1)
    # Of each key: the root user, five administrators, the roles it names, and the roles that have a statement for it.
    assert 50 == large.found - small.found
    assert 100 == len(make_world(100, 5).identities)
