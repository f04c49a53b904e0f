// The outline of a shape with fewer points: pure functions from the path of an SVG to a shorter one.

const STEP = /([MmLlHhVvZz])|(-?(?:\d+\.?\d*|\.\d+))/g;
const ARGUMENTS = { M: 2, L: 2, H: 1, V: 1 };

/** The path with every ring simplified, in tenths; a point that goes is at most `tolerance` off the line. */
export function simplifyPath(path, tolerance) {
  return readRings(path)
    .map((ring) => simplifyRing(ring, tolerance).map(([x, y]) => [Math.round(x * 10), Math.round(y * 10)]))
    .filter((ring) => ring.length > 2)
    .map(writeRing)
    .join("");
}

/** The rings of a path as absolute points; throws on a command that draws no straight line. */
export function readRings(path) {
  const rings = [];
  let command = "";
  let values = [];
  let [x, y] = [0, 0];
  const left = path.replace(STEP, "").replace(/[\s,]/g, "");
  if (left) {
    throw new Error(`a shape has ${JSON.stringify(left.slice(0, 20))} in its path`);
  }
  for (const [, letter, figure] of path.matchAll(STEP)) {
    if (letter) {
      command = letter;
      values = [];
      if (letter === "z" || letter === "Z") {
        [x, y] = rings.at(-1)[0];
      }
      continue;
    }
    values.push(Number(figure));
    const kind = command.toUpperCase();
    if (values.length < ARGUMENTS[kind]) {
      continue;
    }
    const [dx, dy] = command === kind ? [x, y] : [0, 0];
    if (kind === "H") {
      x += values[0] - dx;
    } else if (kind === "V") {
      y += values[0] - dy;
    } else {
      x += values[0] - dx;
      y += values[1] - dy;
    }
    if (kind === "M") {
      rings.push([]);
      command = command === "M" ? "L" : "l"; // what follows a move without a letter is a line
    }
    rings.at(-1).push([x, y]);
    values = [];
  }
  return rings;
}

/** A closed ring with fewer points (Ramer, Douglas and Peucker, from two points that are far apart). */
export function simplifyRing(ring, tolerance) {
  const far = ring.reduce((best, point, place) => (span(point, ring[0]) > span(ring[best], ring[0]) ? place : best), 0);
  return [...thin(ring.slice(0, far + 1), tolerance).slice(0, -1), ...thin([...ring.slice(far), ring[0]], tolerance).slice(0, -1)];
}

function thin(points, tolerance) {
  const [first, last] = [points[0], points.at(-1)];
  let [most, place] = [0, 0];
  for (let at = 1; at < points.length - 1; at += 1) {
    const off = distance(points[at], first, last);
    if (off > most) {
      [most, place] = [off, at];
    }
  }
  if (most <= tolerance) {
    return [first, last];
  }
  return [...thin(points.slice(0, place + 1), tolerance).slice(0, -1), ...thin(points.slice(place), tolerance)];
}

function span([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}

function distance(point, first, last) {
  const length = span(first, last);
  if (length === 0) {
    return span(point, first);
  }
  const [[px, py], [ax, ay], [bx, by]] = [point, first, last];
  return Math.abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / length;
}

/** A ring as a path of relative lines; its points are in tenths. */
function writeRing(ring) {
  const write = (figure) => String(figure / 10);
  let [x, y] = ring[0];
  const steps = ring.slice(1).map((point) => {
    const [dx, dy] = [point[0] - x, point[1] - y];
    [x, y] = point;
    return `${write(dx)}${dy < 0 ? "" : " "}${write(dy)}`;
  });
  return `M${write(ring[0][0])} ${write(ring[0][1])}l${steps.join(" ")}z`;
}
