"""The comparison's arithmetic and tables; needs nothing beside Python."""

from statistics import median

__all__ = ["median", "ratio", "best_peer", "ratio_lines", "memory_lines", "table"]


def ratio(ours, theirs):
    """Of the medians: below 1 we are faster."""
    return median(ours) / median(theirs)


def best_peer(times):
    """The peer with the smallest median; `times` maps names to milliseconds and must hold "ours" and a peer."""
    return min((name for name in times if name != "ours"), key=lambda name: median(times[name]))


def ratio_lines(model, size, threads, times):
    """`ratio <model> <input> <threads> <peer> <ours/peer>` for every peer, then for the best of them; none without ours."""
    peers = [name for name in times if name != "ours"]
    if not peers or "ours" not in times:
        return []
    lines = [f"ratio {model} {size} {threads} {name} {ratio(times['ours'], times[name]):.3f}" for name in peers]
    best = times[best_peer(times)]
    return lines + [f"ratio {model} {size} {threads} best {ratio(times['ours'], best):.3f}"]


def memory_lines(model, size, threads, gross, net):
    """`memory <model> <input> <threads> <peer> <ours/gross> <ours/net>` for every peer; arguments by contender."""
    if "ours" not in gross:
        return []
    return [
        f"memory {model} {size} {threads} {name} {gross['ours'] / gross[name]:.3f} {gross['ours'] / net[name]:.3f}"
        for name in gross if name != "ours"]


def table(title, rows):
    """Rows of cells, the first row being the headers, in aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  " + "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths)))
        for row in rows]
    return "\n".join([title, *lines, ""])
