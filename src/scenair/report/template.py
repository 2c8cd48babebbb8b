"""The report's page: style, script and template.

They are Python constants so that the code hash covers them and every installation has them.
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { --ink: #1d2733; --soft: #5b6875; --line: #d9dfe5; --blue: #0b559f; --warn: #fff4e0; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, "Segoe UI",
  "Noto Sans", "Source Han Sans SC", "Microsoft YaHei", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 24px; }
h1 { margin: 0 0 4px; font-size: 28px; } h2 { margin: 40px 0 10px; font-size: 20px;
  border-bottom: 2px solid var(--line); padding-bottom: 4px; }
p.lead, .soft { color: var(--soft); } .flag { background: var(--warn); border-left: 4px solid
  #d95f0e; padding: 8px 12px; margin: 12px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(225px, 1fr)); gap: 12px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.card .label { color: var(--soft); font-size: 13px; } .card .value { font-size: 21px;
  font-weight: 600; color: var(--blue); } .card .beside { font-size: 13px; color: var(--soft); }
figure { margin: 22px 0; } figure img { max-width: min(100%, 1080px); height: auto;
  border: 1px solid var(--line); } figcaption { color: var(--soft); font-size: 13.5px;
  max-width: 80ch; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { padding: 3px 8px; border-bottom: 1px solid var(--line); text-align: left; }
th { background: #f4f6f8; position: sticky; top: 0; } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums; } th button { all: unset; cursor: pointer; }
th button::after { content: " \\2195"; color: #a9b4bf; } th button:focus-visible { outline: 2px
  solid var(--blue); } .scroll { max-height: 620px; overflow: auto; border: 1px solid var(--line); }
td:first-child, td.zh, td.k { white-space: nowrap; }
.wide { overflow-x: auto; } .scroll th { vertical-align: bottom; } .scroll table {
  font-size: 12.5px; } .scroll th, .scroll td { padding: 3px 4px; } p, li { max-width: 110ch; }
input.find { font: inherit; padding: 4px 8px; margin: 0 0 8px; width: min(100%, 320px);
  border: 1px solid var(--line); border-radius: 6px; }
td.yes { color: #2c7fb8; } td.no { color: #c2510a; } details { margin: 8px 0; } summary {
  cursor: pointer; } code { font-size: 12.5px; overflow-wrap: anywhere; }
@media print { .scroll, .wide { max-height: none; overflow: visible; } th { position: static; }
  input.find { display: none; } }
@media (max-width: 600px) { main { padding: 14px; } table { font-size: 12.5px; } th, td {
  padding: 3px 5px; } }
"""

SCRIPT: Final = """
document.querySelectorAll("input.find").forEach(function (box) {
  var rows = document.getElementById(box.dataset.table).tBodies[0].rows;
  box.addEventListener("input", function () {
    var words = box.value.trim().toLowerCase();
    Array.from(rows).forEach(function (row) {
      row.hidden = row.textContent.toLowerCase().indexOf(words) < 0;
    });
  });
});
document.querySelectorAll("table.sortable").forEach(function (table) {
  var body = table.tBodies[0];
  table.querySelectorAll("th button").forEach(function (button, column) {
    var up = false;
    button.addEventListener("click", function () {
      up = !up;
      table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
      button.parentNode.setAttribute("aria-sort", up ? "ascending" : "descending");
      Array.from(body.rows).sort(function (a, b) {
        var s = a.cells[column].textContent.trim(), t = b.cells[column].textContent.trim();
        var x = parseFloat(s.replace(/,/g, "")), y = parseFloat(t.replace(/,/g, ""));
        var order = isNaN(x) || isNaN(y) ? s.localeCompare(t) : x - y;
        return up ? order : -order;
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
});
"""

TEMPLATE: Final = """<!DOCTYPE html>
<html lang="en">
{% macro num(x) %}<td class="n">{{ x }}</td>{% endmacro %}
{% macro head(x) %}<th><button>{{ x }}</button></th>{% endmacro %}
{% macro headn(x) %}<th class="n"><button>{{ x }}</button></th>{% endmacro %}
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ c.title }}, {{ c.year }} - scenair</title>
<style>{{ style }}</style>
</head>
<body><main>
<h1>{{ c.title }}, {{ c.year }}</h1>
<p class="lead">{{ c.config.case.title }}. {{ c.description }}</p>
{% if c.counterfactual %}
<p class="flag"><strong>Counterfactual.</strong> This scenario did not happen and is not a forecast.
It shows what activity alone would have done with controls held at their level; 2020 and 2025 can be
laid beside what was observed, but it is never fitted to it.</p>
{% endif %}
{% if c.inflow.startswith("parent") %}
<p class="soft">A nest: what enters through its borders, what other units emit inside, and the
background are taken from another run ({{ c.inflow }}).</p>
{% elif c.config.case.tests_only %}
<p class="flag"><strong>For tests only.</strong> This case has no inflow through its edges; its
concentrations are not to be quoted.</p>
{% endif %}
<p><a href="#cities">Monitored cities</a> · <a href="#estimates">Other cities</a> ·
{% if measures %}<a href="#measures">Measures</a> · {% endif %}<a href="#figures">Figures</a> ·
<a href="#limits">What is not covered</a> · <a href="#closure">Closure</a> ·
<a href="#assumed">Assumed figures</a></p>
<section class="cards">
{% for card in cards %}
<div class="card"><div class="label">{{ card.label }}</div><div class="value">{{ card.value }}</div>
<div class="beside">{{ card.beside }}</div></div>
{% endfor %}
</section>
<p class="soft">Base years: monitors {{ c.monitor_year }}, inventory
{{ c.config.case.history[0] }}-{{ c.config.case.base_year }}, projection from
{{ c.config.case.first_year }}. PM2.5 of a city is its monitor value of {{ c.monitor_year }}
(converted to ambient conditions) times the relative response of the model from {{ c.monitor_year }}
to {{ c.year }}; the absolute level of the model decides nothing. Limit in force:
{{ "%g"|format(c.limit) }} µg m⁻³ ({{ standard }}).</p>

{% if sensitivity %}
<h2>How much hangs on the background</h2>
<p>The background B is what this run does not control (dust, sea salt, natural organic aerosol,
inflow, ships). It stands in both terms of the response, (C + B) /
(C<sub>{{ c.monitor_year }}</sub> + B), and is uncertain; here it is taken at several multiples.</p>
<div class="wide">
<table><thead><tr><th></th><th class="n">at or below {{ "%g"|format(c.limit) }} (in force)</th>
<th class="n">at or below {{ "%g"|format(compare) }}</th>
<th class="n">population-weighted PM2.5</th></tr></thead><tbody>
{% for r in sensitivity %}<tr><td>{{ r.factor }}</td>{{ num(r.force) }}{{ num(r.compare) }}
{{ num(r.weighted) }}</tr>{% endfor %}
</tbody></table></div>
<p class="soft">Monitored cities; µg m⁻³.</p>
{% endif %}

{% if limits %}
<h2>At the limits of the standard</h2>
<p>35 µg m⁻³ held until February 2026, 30 is in force to the end of 2030, 25 from 2031
(GB 3095). Whatever the year, the count at each is shown.</p>
<div class="wide">
<table><thead><tr><th>at or below, µg m⁻³</th><th class="n">monitored cities</th>
<th class="n">all cities (estimate)</th><th class="n">monitored, and CO₂ peaked</th></tr></thead>
<tbody>
{% for r in limits %}<tr><td>{{ r.limit }}</td>{{ num(r.monitored) }}{{ num(r.fused) }}
{{ num(r.both) }}</tr>{% endfor %}
</tbody></table></div>
{% endif %}

{% if hindcast %}
<h2>Beside what was observed</h2>
<p>{{ c.year }} has happened. The run left history in {{ c.config.case.first_year }} and was never
fitted to what followed, so this is a hindcast of its drivers and measures, not a test of the model
alone.</p>
<div class="wide">
<table><thead><tr><th>cities at or below</th><th class="n">observed</th><th class="n">this run, all
cities (estimate)</th><th class="n">this run, monitored</th><th>source</th></tr></thead><tbody>
{% for r in hindcast %}<tr><td>{{ r.limit }} µg m⁻³</td>{{ num(r.observed) }}{{ num(r.run) }}
{{ num(r.monitored) }}<td>{{ r.source }}</td></tr>{% endfor %}
</tbody></table></div>
{% endif %}

<h2>By region and city type</h2>
<div class="wide">
<table><thead><tr><th></th><th>group</th><th class="n">cities</th><th class="n">monitored</th>
<th class="n">attain</th><th class="n">PM2.5 {{ c.monitor_year }}</th><th class="n">PM2.5
{{ c.year }}</th><th class="n">population-weighted {{ c.year }}</th><th class="n">attain and
peaked, % of monitored</th></tr></thead><tbody>
{% for r in groups %}<tr><td>{{ r.kind }}</td><td>{{ r.name }}</td>{{ num(r.n_units) }}
{{ num(r.n_monitored) }}{{ num(r.n_attain) }}
{{ num(r.pm25_base) }}{{ num(r.pm25) }}{{ num(r.weighted) }}
{{ num(r.both) }}</tr>{% endfor %}
</tbody></table></div>
<p class="soft">PM2.5 in µg m⁻³: mean over the monitored cities; population-weighted: fused field
over all units. Regions overlap.</p>

<h2>Emissions of all units</h2>
<div class="wide">
<table><thead><tr><th>species</th><th class="n">{{ c.monitor_year }}, Tg</th><th class="n">
{{ c.config.case.base_year }}, Tg</th>
{% if c.published is not none %}
<th class="n">published {{ c.config.case.base_year }}, Tg</th>
{% endif %}
<th class="n">{{ c.year }}, Tg</th><th class="n">change since
{{ c.config.case.base_year }}, %</th></tr></thead><tbody>
{% for r in emissions %}<tr><td>{{ r.species }}</td>
{{ num(r.monitor) }}{{ num(r.base) }}
{% if c.published is not none %}{{ num(r.published) }}{% endif %}{{ num(r.now) }}
{{ num(r.change) }}</tr>{% endfor %}
</tbody></table></div>
<p class="soft">NOx as NO2; PM25 and PM10 primary; BC and OC are part of PM25; CO2 direct.
{% if c.published is not none %}
Published: Zheng et al. 2018, doi 10.5194/acp-18-14095-2018.
{% endif %}</p>

{% if measures %}
<h2 id="measures">Measures of this scenario</h2>
<p>Co-control measures beyond what activity alone would do, by city type. Their figures are a
documented, assumed set (<code>resources/projection/measures.csv</code>). CO₂: of each measure
alone in {{ effect_year }}; effects overlap, so their sum overstates.</p>
<div class="wide">
<table><thead><tr><th>measure</th><th>措施</th><th>sector</th>
<th class="n">units</th><th>level: city types</th><th class="n">CO₂, Tg yr⁻¹</th></tr></thead>
<tbody>
{% for r in measures %}<tr><td>{{ r.measure }}</td><td class="zh" lang="zh">{{ r.name_zh }}</td>
<td>{{ r.sector }}</td>{{ num(r.units) }}<td>{{ r.levels }}</td>{{ num(r.co2) }}</tr>{% endfor %}
</tbody></table></div>
{% elif not c.is_history %}
<h2 id="measures">Measures of this scenario</h2>
<p>None: no co-control measure is taken; what changes is activity and end-of-pipe control.</p>
{% endif %}

{% if health %}
<h2>Health, indicative</h2>
<p>{{ health.deaths }} deaths a year fewer than with the concentrations of {{ c.monitor_year }}
(95 % interval of the function alone: {{ health.low }} to {{ health.high }}).
<span class="soft">{{ health.function }}; {{ health.attribution }}. {{ health.note }}.</span></p>
{% endif %}

<h2 id="figures">Figures</h2>
{% for f in figures %}
<figure id="{{ f.stem }}"><img alt="{{ f.title }}: {{ f.caption }}" src="{{ f.uri }}">
<figcaption><strong>{{ f.title }}.</strong> {{ f.caption }}</figcaption></figure>
{% endfor %}

<h2 id="cities">Monitored cities</h2>
<p>{{ cities|length }} cities with a prefecture-level record of {{ c.monitor_year }}. Click a
heading to sort. As reported: at 273.15 K and 1013.25 hPa; the next column: at ambient conditions,
µg m⁻³; B: uncontrolled background at the monitors; response: factor from {{ c.monitor_year }} to
{{ c.year }}. The value is compared after rounding to a whole number (half to even). Probability: of
attaining, given the assumed uncertainties of monitor, response and weather.
{% if ozone %}O3 response: warm-season ozone of {{ c.year }} over that of {{ c.monitor_year }} in
the model, relative only; it decides nothing.{% endif %}</p>
<input class="find" type="search" data-table="city-table" placeholder="find a city, province, type"
aria-label="find a city, province or type">
<div class="scroll"><table class="sortable" id="city-table"><thead><tr>
{{ head("adcode") }}{{ head("city") }}{{ head("城市") }}{{ head("province") }}{{ head("type") }}
{{ headn("%s as reported"|format(c.monitor_year)) }}{{ headn(c.monitor_year) }}{{ headn("B") }}
{{ headn("response") }}{{ headn(c.year) }}
{{ head("attains %g"|format(c.limit)) }}{{ headn("probability, %") }}
{{ head("at or below %g"|format(compare)) }}
{% if ozone %}{{ headn("O3 response") }}{% endif %}
{{ headn("CO₂ peak") }}{{ head("double") }}</tr></thead><tbody>
{% for r in cities %}<tr><td>{{ r.adcode }}</td><td class="k">{{ r.name }}</td>
<td class="zh" lang="zh">{{ r.name_zh }}</td><td>{{ r.province }}</td><td>{{ r.type }}</td>
{{ num(r.raw) }}{{ num(r.base) }}{{ num(r.background) }}{{ num(r.response) }}{{ num(r.value) }}
<td class="{{ r.attains }}">{{ r.attains }}</td>{{ num(r.probability) }}
<td class="{{ r.under_compare }}">{{ r.under_compare }}</td>
{% if ozone %}{{ num(r.o3) }}{% endif %}{{ num(r.peak_year) }}
<td class="k">{{ r.class }}</td></tr>{% endfor %}
</tbody></table></div>

<h2 id="estimates">Other cities: estimates</h2>
{% if estimates %}<p>{{ estimates|length }} units have no prefecture-level record of
{{ c.monitor_year }} and are not judged. What the fused field says of them (population-weighted
mean, µg m⁻³) is an estimate; far from every monitor it has the shape of the model only.</p>
<details><summary>Show the estimates</summary>
<input class="find" type="search" data-table="estimate-table" placeholder="find a city"
aria-label="find a city">
<div class="scroll"><table class="sortable" id="estimate-table"><thead><tr>
{{ head("adcode") }}{{ head("city") }}{{ head("城市") }}{{ head("province") }}{{ head("type") }}
{{ headn("%s, estimate"|format(c.year)) }}{{ head("at or below %g"|format(c.limit)) }}
{{ headn("probability, %") }}{{ headn("nearest monitor, km") }}{{ headn("CO₂ peak") }}
{{ head("rests on") }}</tr></thead><tbody>
{% for r in estimates %}<tr><td>{{ r.adcode }}</td><td class="k">{{ r.name }}</td>
<td class="zh" lang="zh">{{ r.name_zh }}</td><td>{{ r.province }}</td><td>{{ r.type }}</td>
{{ num(r.value) }}<td class="{{ r.attains }}">{{ r.attains }}</td>{{ num(r.probability) }}
{{ num(r.distance) }}{{ num(r.peak_year) }}<td>{{ r.basis }}</td></tr>{% endfor %}
</tbody></table></div></details>{% else %}<p>Every unit of the case has a record.</p>{% endif %}

{% if skill[1] %}
<h2>How well the fused field does where it was not told</h2>
<p>Each monitor of {{ c.monitor_year }} is left out in turn and estimated from the others (annual
mean PM2.5, µg m⁻³).</p>
<div class="wide">
<table><thead><tr><th></th>{% for name in skill[0] %}<th class="n">{{ name }}</th>{% endfor %}</tr>
</thead><tbody>
{% for row in skill[1] %}<tr>{% for cell in row %}{% if loop.first %}<td>{{ cell }}</td>
{% else %}{{ num(cell) }}{% endif %}{% endfor %}</tr>{% endfor %}
</tbody></table></div>
{% endif %}

<h2 id="limits">What this result does not cover</h2>
<ul>
<li>Ozone: no national ozone record under a free licence ships with scenair, so base value,
future value and attainment of ozone stay empty; only relative response is given where the ozone
module ran, and it refuses to run without biogenic VOC. Attainment here means the annual
mean of PM2.5 alone, not daily limits and not the other five items.</li>
<li>Cities without a prefecture-level record of {{ c.monitor_year }} are not judged. Hong Kong,
Macao, Taiwan and foreign countries carry no emissions here; they belong to the background.</li>
<li>One meteorology for all years: no climate change, no good or bad year.</li>
<li>The built-in surrogate is a steady-state model on cells of {{ "%g"|format(cell_km) }} km with
simplified chemistry. It stands in for WRF-CMAQ, and cannot resolve a city smaller than a cell.</li>
<li>Concentration source: {{ source }}.</li>
</ul>

<h2 id="closure">Closure of mass</h2>
<p>Every stage reads back the file it has written and compares its mass with what came in, per
species and sector; more than {{ tolerance }} stops the run.</p>
<div class="wide">
<table><thead><tr><th>stage</th><th>file</th><th class="n">rows</th><th class="n">largest relative
error</th><th>where</th></tr></thead><tbody>
{% for r in c.manifest.closure %}<tr><td>{{ r.stage }}</td><td><code>{{ r.file }}</code></td>
{{ num(r.rows) }}<td class="n">{{ "%.1e"|format(r.max_relative_error) }}</td>
<td>{{ r.worst_species }}, {{ r.worst_sector }}</td></tr>{% endfor %}
</tbody></table></div>

<h2>What is synthetic</h2>
{% if synthetic[0] %}<p>These files hold stand-ins that no measurement and no model of the real
thing is behind:</p><ul>
{% for r in synthetic[0] %}<li>{{ r.text }} <span class="soft">({{ r.files }})</span></li>
{% endfor %}</ul>{% else %}<p>No file declares synthetic content.</p>{% endif %}
{% if synthetic[1] %}<details><summary>Notes that other files carry</summary><ul>
{% for r in synthetic[1] %}<li>{{ r.text }} <span class="soft">({{ r.files }})</span></li>
{% endfor %}</ul></details>{% endif %}

<h2 id="assumed">What is assumed</h2>
<p>{{ c.manifest.assumed|length }} figures of the tables that were read are tagged <em>assumed</em>:
neither published nor derived from something published. All are in <code>manifest.json</code>.</p>
{% for g in assumed %}<details><summary>{{ g.table }}: {{ g.count }}</summary>
<div class="wide">
<table><thead><tr><th>key</th><th class="n">value</th><th>unit</th><th>note</th></tr></thead><tbody>
{% for r in g.rows %}<tr><td>{{ r.key }}</td>{{ num(r.value) }}<td>{{ r.unit }}</td>
<td>{{ r.note or r.source }}</td></tr>{% endfor %}</tbody></table></div>
{% if g.more %}<p class="soft">and {{ g.more }} more</p>{% endif %}</details>{% endfor %}

<h2>Origin</h2>
<p>scenair {{ c.manifest.versions.scenair }}, Python {{ c.manifest.versions.python }};
{{ c.manifest.inputs|length }} input files with checksums in <code>manifest.json</code> (sha256
<code>{{ c.manifest_sha256 }}</code>).
<code>scenair verify results/{{ c.year }}/{{ c.scenario }}</code> checks them again.</p>
<details><summary>Versions</summary><table><tbody>
{% for name, v in versions %}<tr><td>{{ name }}</td><td>{{ v }}</td></tr>{% endfor %}
</tbody></table></details>
<p class="soft">Borders on the maps are those of the boundary data and show the modelled provinces
only; they are no statement on any border. A published map needs a review number of your own.</p>
</main><script>{{ script }}</script></body></html>
"""
