// Draws the charts of the page and sorts and filters its tables. The data is the JSON in element
// `report`; whatever of it is text reaches the page through the charts' canvas or textContent only.
'use strict';

const report = JSON.parse(document.getElementById('report').textContent);
const layers = report.layers;
const style = getComputedStyle(document.documentElement);
const color = name => style.getPropertyValue('--' + name).trim();
const transparent = name => color(name) + '99';

const finite = value => typeof value === 'number' ? value : null;
const short = (text, longest) => text.length <= longest ? text : '\u2026' + text.slice(1 - longest);
const digits = value => String(Number(value.toPrecision(4)));

function bytes(value) {
    for (const [size, unit] of [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']])
        if (value >= size)
            return digits(value / size) + ' ' + unit;
    return value + ' B';
}

function axis(title, more) {
    return {
        title: {display: true, text: title, color: color('muted')},
        ticks: {color: color('muted'), maxRotation: 0, ...more?.ticks},
        grid: {color: color('line'), drawBorder: false, ...more?.grid},
        ...Object.fromEntries(
            Object.entries(more ?? {}).filter(([key]) => key !== 'ticks' && key !== 'grid')),
    };
}

const legend = more => ({
    align: 'end', labels: {color: color('ink'), boxWidth: 12, boxHeight: 12}, ...more,
});

function options(scales, more) {
    return {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: {mode: 'index', intersect: false},
        scales,
        ...more,
        plugins: {
            legend: legend(),
            ...more?.plugins,
        },
    };
}

const layerTitle = items => items.map(item => layers[item.label - 1].name)[0];

function sqnrChart() {
    return {
        type: 'line',
        data: {
            labels: layers.map((_, i) => i + 1),
            datasets: [
                {
                    label: 'in the running network',
                    data: layers.map(layer => finite(layer.sqnr_running)),
                    borderColor: color('quantized'), backgroundColor: color('quantized'),
                    borderWidth: 2, pointRadius: 0, spanGaps: true,
                },
                {
                    label: 'alone',
                    data: layers.map(layer => finite(layer.sqnr_alone)),
                    borderColor: color('float'), backgroundColor: color('float'),
                    showLine: false, pointRadius: layers.length > 200 ? 2 : 3.5,
                },
            ],
        },
        options: options(
            {x: axis('layer', {grid: {display: false}}), y: axis('SQNR in dB')},
            {plugins: {tooltip: {callbacks: {title: layerTitle}}}}),
    };
}

const mostRanked = 15;
const ranking = layers.map((layer, i) => ({i, value: finite(layer.sensitivity)}))
                    .filter(entry => entry.value !== null)
                    .sort((a, b) => b.value - a.value)
                    .slice(0, mostRanked);

function sensitivityChart() {
    return {
        type: 'bar',
        data: {
            labels: ranking.map(entry => (entry.i + 1) + '  ' + short(layers[entry.i].name, 26)),
            datasets: [{
                label: 'dB lost', data: ranking.map(entry => entry.value),
                backgroundColor: color('quantized'), maxBarThickness: 14,
            }],
        },
        options: options(
            {
                x: axis('dB of output SQNR gained when this layer stays float', {beginAtZero: true}),
                y: {ticks: {color: color('ink'), autoSkip: false}, grid: {display: false}},
            },
            {
                indexAxis: 'y',
                plugins: {
                    legend: {display: false},
                    tooltip: {
                        callbacks: {title: items => layers[ranking[items[0].dataIndex].i].name},
                    },
                },
            }),
    };
}

function sizeChart() {
    const bars = (label, key, background, order) => ({
        label, order, data: layers.map(layer => layer[key]), backgroundColor: background,
        grouped: false, categoryPercentage: 0.9, barPercentage: 1,
    });
    return {
        type: 'bar',
        data: {
            labels: layers.map((_, i) => i + 1),
            datasets: [
                bars('before', 'bytes_before', transparent('float'), 2),
                bars('after', 'bytes_after', color('quantized'), 1),
            ],
        },
        options: options(
            {
                x: axis('layer', {grid: {display: false}}),
                y: axis('weights', {ticks: {callback: bytes}}),
            },
            {
                plugins: {
                    legend: legend({reverse: true}),
                    tooltip: {
                        callbacks: {
                            title: layerTitle,
                            label: item => item.dataset.label + ': ' + bytes(item.parsed.y),
                        },
                    },
                },
            }),
    };
}

// Dashed lines at the ends of the range that was chosen.
const rangeLines = range => ({
    id: 'range',
    afterDatasetsDraw(chart) {
        const {ctx, chartArea, scales} = chart;
        ctx.save();
        ctx.strokeStyle = color('ink');
        ctx.setLineDash([5, 4]);
        for (const end of range ?? []) {
            const x = scales.x.getPixelForValue(end);
            if (x < chartArea.left - 1 || x > chartArea.right + 1)
                continue;
            ctx.beginPath();
            ctx.moveTo(x, chartArea.top);
            ctx.lineTo(x, chartArea.bottom);
            ctx.stroke();
        }
        ctx.restore();
    },
});

// Counts of values as steps (float) over bars (quantized). Log scales have no place for zero: steps
// go down to the lower end instead, and bars are left out.
function distributionChart(before, after, range) {
    const least = 0.5;
    const points = (distribution, none) => {
        const width = (distribution.hi - distribution.lo) / distribution.counts.length;
        return distribution.counts.map((count, i) => ({
            x: distribution.lo + (i + 0.5) * width,
            y: count > least ? count : none,
        }));
    };
    const datasets = [];
    if (before)
        datasets.push({
            type: 'line', label: 'float', data: points(before, least), stepped: 'middle',
            borderColor: color('float'), backgroundColor: color('float'), borderWidth: 1.5,
            pointRadius: 0, order: 1,
        });
    if (after)
        datasets.push({
            type: 'bar', label: 'quantized', data: points(after, null), order: 2,
            backgroundColor: transparent('quantized'), categoryPercentage: 1, barPercentage: 1,
        });
    const {lo, hi} = before ?? after;
    const decades = value => Number.isInteger(Math.log10(value)) ? value.toLocaleString('en') : '';
    return {
        data: {datasets},
        options: options(
            {
                x: axis('value', {
                    type: 'linear', min: lo, max: hi, grid: {display: false},
                    ticks: {includeBounds: false},
                }),
                y: axis('count', {type: 'logarithmic', min: least, ticks: {callback: decades}}),
            },
            {
                plugins: {
                    tooltip: {
                        callbacks: {
                            title: items => 'around ' + digits(items[0].parsed.x),
                            label: item => item.dataset.label + ': ' +
                                (item.parsed.y > least ? digits(item.parsed.y) : 0),
                        },
                    },
                },
            }),
        plugins: [rangeLines(range)],
    };
}

function description(canvas) {
    const layer = layers[canvas.dataset.layer];
    switch (canvas.dataset.chart) {
    case 'sqnr': return sqnrChart();
    case 'sensitivity': return sensitivityChart();
    case 'size': return sizeChart();
    case 'weights': return distributionChart(layer.weights, layer.quantized_weights);
    case 'activations':
        return distributionChart(layer.activations, layer.quantized_activations, layer.chosen);
    }
}

const drawn = new Map();
function draw(canvas) {
    if (typeof Chart === 'undefined')
        return;
    drawn.get(canvas)?.destroy();
    drawn.set(canvas, new Chart(canvas, description(canvas)));
    canvas.dataset.drawn = 'yes';
}

for (const canvas of document.querySelectorAll('canvas:not([data-layer])'))
    draw(canvas);
function drawSection(section) {
    for (const canvas of section.querySelectorAll('canvas'))
        if (section.open && !drawn.has(canvas))
            draw(canvas);
}
for (const section of document.querySelectorAll('details'))
    section.addEventListener('toggle', () => drawSection(section));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const canvas of drawn.keys())
        draw(canvas);
});

// A link to a layer opens its section.
function openTarget() {
    const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (section instanceof HTMLDetailsElement) {
        section.open = true;
        drawSection(section);
        section.scrollIntoView();
    }
}
addEventListener('hashchange', openTarget);
openTarget();

// Columns sort by their cells' data-sort; cells without a number stay below.
const table = document.querySelector('.layers');
const headers = [...table.tHead.rows[0].cells];
function sortBy(column, ascending) {
    const rows = [...table.tBodies[0].rows].map(row => {
        const text = row.cells[column].dataset.sort ?? row.cells[column].textContent;
        return {row, text, number: text === '' ? NaN : Number(text)};
    });
    const numbers = rows.every(({text}) => text === '' || !Number.isNaN(Number(text)));
    const sign = ascending ? 1 : -1;
    rows.sort((a, b) => {
        if (!numbers)
            return sign * a.text.localeCompare(b.text);
        if (Number.isNaN(a.number) || Number.isNaN(b.number))
            return Number.isNaN(a.number) - Number.isNaN(b.number);
        return a.number === b.number ? 0 : a.number < b.number ? -sign : sign;
    });
    table.tBodies[0].append(...rows.map(({row}) => row));
    headers.forEach(header => header.removeAttribute('aria-sort'));
    headers[column].setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
}
headers.forEach((header, column) => {
    header.querySelector('button').addEventListener('click', () => {
        const before = header.getAttribute('aria-sort');
        sortBy(column, before ? before === 'descending' : header.dataset.first === 'ascending');
    });
});
if (ranking.length > 0)
    sortBy(headers.findIndex(header => header.dataset.key === 'sensitivity'), false);

document.querySelector('input[type=search]').addEventListener('input', event => {
    const wanted = event.target.value.toLowerCase();
    const has = i => (layers[i].name + ' ' + layers[i].op).toLowerCase().includes(wanted);
    for (const row of table.tBodies[0].rows)
        row.hidden = !has(row.dataset.layer);
    for (const section of document.querySelectorAll('details'))
        section.hidden = !has(section.dataset.layer);
});
