"""What tests/bench/run measured, as a table for README.md and as a page with a chart."""

import html as escape
import os
import platform
import statistics


def machine():
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":", 1)[1].strip() for line in file
                         if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def values(measured, scenario, server, field):
    """One number per round."""
    return [one[scenario][server][field] for one in measured["rounds"]
            if server in one.get(scenario, {}) and field in one[scenario][server]]


def ratios(measured, scenario, server, base, field="cpu_us"):
    """To the base in the same round: the machine's speed changes over minutes."""
    mine, theirs = (values(measured, scenario, s, field) for s in (server, base))
    return [a / b for a, b in zip(mine, theirs) if b > 0]


def spread(numbers, form="{:.2f}"):
    if not numbers:
        return "–"
    middle = form.format(statistics.median(numbers))
    if len(numbers) == 1:
        return middle
    return f"{middle} ({form.format(min(numbers))}–{form.format(max(numbers))})"


def middle(numbers, form="{:.1f}", scale=1.0):
    return form.format(statistics.median(numbers) * scale) if numbers else "–"


def scenarios(measured):
    return list(measured["rounds"][0])


def is_memory(scenario):
    return scenario.startswith("idle")


def base_of(measured, scenario):
    return "floor" if values(measured, scenario, "floor", "cpu_us") else "node"


def table(measured):
    lines = ["| scenario | server | CPU µs per message (user + system) | to the base | messages/s "
             "| p50 µs | p99 µs |", "|---|---|---|---|---|---|---|"]
    memory = ["", "| idle | server | process before, MiB | bytes per client | MiB after they left "
              "| connects: CPU µs | CPU µs per heartbeat |", "|---|---|---|---|---|---|---|"]
    for scenario in scenarios(measured):
        for server in measured["servers"]:
            def get(field):
                return values(measured, scenario, server, field)
            if not get("cpu_us"):
                continue
            if is_memory(scenario):
                beats = get("cpu_us") if min(get("messages")) else []
                memory.append(
                    f"| {scenario} | {server} | {middle(get('rss_before'), scale=2**-20)} "
                    f"| {middle(get('rss_per_client'), '{:,.0f}')} "
                    f"| {middle(get('rss_after'), scale=2**-20)} "
                    f"| {middle(get('connect_us'))} | {middle(beats)} |")
            else:
                base = base_of(measured, scenario)
                against = "1" if server == base else spread(
                    ratios(measured, scenario, server, base))
                lines.append(
                    f"| {scenario} | {server} | {middle(get('cpu_us'), '{:.2f}')} "
                    f"({middle(get('user_us'), '{:.2f}')} + {middle(get('system_us'), '{:.2f}')}) "
                    f"| {against} | {middle(get('per_second'), '{:,.0f}')} "
                    f"| {middle(get('p50_us'), '{:,.0f}')} | {middle(get('p99_us'), '{:,.0f}')} |")
    return "\n".join(lines + (memory if len(memory) > 3 else []))


def summary(measured):
    """A row per scenario, for README.md: the base in microseconds, the others as multiples."""
    others = [server for server in measured["servers"] if server != "floor"]
    lines = ["| scenario | floor, CPU µs | " + " | ".join(others) + " |",
             "|---|---|" + "---|" * len(others)]
    for scenario in scenarios(measured):
        if is_memory(scenario):
            continue
        cells = []
        for server in others:
            cost = values(measured, scenario, server, "cpu_us")
            against = ratios(measured, scenario, server, "floor")
            cells.append("× " + spread(against) if against else middle(cost, "{:.1f} µs"))
        base = values(measured, scenario, "floor", "cpu_us")
        lines.append(f"| {scenario} | {middle(base, '{:.2f}')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def threads(results):
    """What two threads on two cores could carry, from what a message costs them."""
    lines = ["| the same load | 1 thread, CPU µs | 2 threads, CPU µs | 2 threads could carry |",
             "|---|---|---|---|"]
    for name, runs in results.items():
        one, two = ([run["cpu_us"] for run in runs[count]] for count in (1, 2))
        carried = [2 * a / b for a, b in zip(one, two)]
        lines.append(f"| {name} | {middle(one, '{:.2f}')} | {middle(two, '{:.2f}')} "
                     f"| × {spread(carried)} |")
    return "\n".join(lines)


def chart(measured):
    """Bars: CPU per message as a multiple of the scenario's base; the thin line is the spread."""
    colours = {"floor": "#888", "hubbub": "#2a6fb0", "node": "#5a9e4b"}
    rows = [(scenario, server) for scenario in scenarios(measured) if not is_memory(scenario)
            for server in measured["servers"] if values(measured, scenario, server, "cpu_us")]
    height, left, unit, limit = 18, 330, 60, 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + unit * limit + 120}" '
             f'height="{height * len(rows) + 10}" font-family="sans-serif" font-size="12">']
    for number, (scenario, server) in enumerate(rows):
        against = ratios(measured, scenario, server, base_of(measured, scenario))
        if not against:
            continue
        y = number * height + 4
        width = min(statistics.median(against), limit) * unit
        low, high = (left + min(value, limit) * unit for value in (min(against), max(against)))
        parts.append(
            f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">'
            f'{escape.escape(scenario)} – {server}</text>'
            f'<rect x="{left}" y="{y}" width="{width:.1f}" height="{height - 4}" '
            f'fill="{colours.get(server, "#b05")}"/>'
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 7}" y2="{y + 7}" stroke="#000"/>'
            f'<text x="{max(left + width, high) + 6:.1f}" y="{y + 12}">'
            f'{statistics.median(against):.2f}</text>')
    return "\n".join(parts + ["</svg>"])


def html(measured):
    rows = []
    for line in table(measured).split("\n"):
        if line.startswith("|---"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows.append("<tr>" + "".join(f"<td>{escape.escape(cell)}</td>" for cell in cells) + "</tr>")
    return (f"<!doctype html><meta charset=utf-8><title>Hubbub's benchmark</title>"
            f"<style>td{{padding:1px 8px;border-bottom:1px solid #ddd}}</style>"
            f"<h1>CPU per message, as a multiple of the base</h1><p>"
            f"{escape.escape(measured['machine'])}; {len(measured['rounds'])} rounds; the base is "
            f"the floor server of the same round, where it has none Node.</p>"
            f"{chart(measured)}<table>{''.join(rows)}</table>")
