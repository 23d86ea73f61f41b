/** A measured value with the range of its rounds. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** A line of a chart. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A line chart with logarithmic axes. All values are positive. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Formats a value of the x axis; its ticks are the x values of the points. */
  readonly formatX: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 420;
const PLOT = { left: 80, right: 550, top: 48, bottom: 360 };
/** Legible on white. Lines also differ in their dashes, for those who do not see colors. */
const COLORS = ['#0b6fb8', '#c2410c', '#15803d', '#7e22ce', '#525252', '#b91c1c'];
const DASHES = ['', '6 3', '2 2', '8 3 2 3', '', '6 3'];
/** The least distance between the labels of ticks. */
const TICK_DISTANCE = 52;

/** A function from values to pixels. */
type Scale = (value: number) => number;

/** Returns a logarithmic scale. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const span = Math.log(high / low);
  return (value) => (span === 0 ? (from + to) / 2 : from + (Math.log(value / low) / span) * (to - from));
}

/** Returns the powers of ten from the last one that is not above `low` to the first one that is not below `high`. */
export function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** Draws a chart as an SVG document. @throws {RangeError} if a value is not positive, or no point is given */
export function drawChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) throw new RangeError(`the chart "${chart.title}" has no points`);
  const bad = points.find(({ x, low }) => !(x > 0 && low > 0));
  if (bad !== undefined)
    throw new RangeError(`the chart "${chart.title}" has a value that is not positive at ${bad.x}`);
  const xs = [...new Set(points.map(({ x }) => x))].sort((one, other) => one - other);
  const ticks = decades(
    Math.min(...points.map(({ low }) => low)),
    Math.max(...points.map(({ high }) => high)),
  );
  const x = logScale(xs[0] ?? 1, xs.at(-1) ?? 1, PLOT.left, PLOT.right);
  const y = logScale(ticks[0] ?? 1, ticks.at(-1) ?? 1, PLOT.bottom, PLOT.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#262626">`,
    `<title>${escapeXml(chart.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 24, chart.title, 'font-size="15" font-weight="bold"'),
    ...horizontalLines(ticks, y),
    ...xTicks(xs, x, chart.formatX),
    text((PLOT.left + PLOT.right) / 2, HEIGHT - 16, chart.xLabel, 'text-anchor="middle"'),
    text(PLOT.left, PLOT.top - 8, chart.yLabel),
    ...chart.series.flatMap((series, index) => drawSeries(series, index, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

function horizontalLines(ticks: readonly number[], y: Scale): string[] {
  return ticks.flatMap((tick) => [
    `<path d="M${PLOT.left} ${round(y(tick))}H${PLOT.right}" stroke="#d4d4d4"/>`,
    text(PLOT.left - 8, y(tick) + 4, formatNumber(tick), 'text-anchor="end"'),
  ]);
}

function xTicks(xs: readonly number[], x: Scale, format: (value: number) => string): string[] {
  let last = Number.NEGATIVE_INFINITY;
  return xs.flatMap((value) => {
    const at = x(value);
    const mark = `<path d="M${round(at)} ${PLOT.bottom}v5" stroke="#737373"/>`;
    if (at - last < TICK_DISTANCE) return [mark];
    last = at;
    return [mark, text(at, PLOT.bottom + 20, format(value), 'text-anchor="middle"')];
  });
}

function drawSeries({ name, points }: Series, index: number, x: Scale, y: Scale): string[] {
  const color = COLORS[index % COLORS.length];
  const dash = DASHES[index % DASHES.length];
  const at = (point: Point): string => `${round(x(point.x))} ${round(y(point.y))}`;
  const legendY = PLOT.top + 10 + index * 22;
  const line = `fill="none" stroke="${color}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
  return [
    ...points.map(
      (point) =>
        `<path d="M${round(x(point.x))} ${round(y(point.low))}V${round(y(point.high))}" stroke="${color}" opacity=".5"/>`,
    ),
    `<path d="M${points.map(at).join('L')}" ${line}/>`,
    ...points.map(
      (point) => `<circle cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="3" fill="${color}"/>`,
    ),
    `<path d="M${PLOT.right + 16} ${legendY}h24" ${line}/>`,
    text(PLOT.right + 46, legendY + 4, name),
  ];
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${attributes && ` ${attributes}`}>${escapeXml(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function formatNumber(value: number): string {
  return value >= 1 ? value.toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
