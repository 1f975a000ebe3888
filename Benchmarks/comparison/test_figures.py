"""Run by the test suite: python3 -m unittest comparison.test_figures, in Benchmarks."""

import unittest

from comparison.figures import best_peer, memory_lines, ratio, ratio_lines, table

TIMES = {"ours": [30.0, 10.0, 12.0], "slow": [40.0, 24.0, 20.0], "fast": [15.0, 90.0, 16.0]}


class FiguresTest(unittest.TestCase):
    def test_a_ratio_is_that_of_the_medians(self):
        self.assertEqual(ratio([1.0, 100.0, 3.0], [4.0, 6.0]), 0.6)

    def test_the_best_peer_has_the_smallest_median_and_is_not_us(self):
        self.assertEqual(best_peer(TIMES), "fast")
        self.assertEqual(best_peer(TIMES | {"ours": [1.0]}), "fast")

    def test_every_peer_gets_a_line_and_the_best_another(self):
        self.assertEqual(
            ratio_lines("net", "8x8", 2, TIMES),
            ["ratio net 8x8 2 slow 0.500", "ratio net 8x8 2 fast 0.750", "ratio net 8x8 2 best 0.750"])

    def test_without_us_or_without_peers_there_is_no_line(self):
        self.assertEqual(ratio_lines("net", "8x8", 1, {"slow": [1.0]}), [])
        self.assertEqual(ratio_lines("net", "8x8", 1, {"ours": [1.0]}), [])

    def test_memory_is_compared_with_and_without_the_interpreter(self):
        self.assertEqual(
            memory_lines("net", "8x8", 1, {"ours": 60, "it": 120}, {"ours": 60, "it": 100}),
            ["memory net 8x8 1 it 0.500 0.600"])

    def test_columns_of_a_table_are_aligned(self):
        self.assertEqual(table("t", [["", "ms"], ["name", "1"]]), "t\n        ms\n  name   1\n")


if __name__ == "__main__":
    unittest.main()
