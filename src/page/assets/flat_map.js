/* SPDX-License-Identifier: MIT */
/* The same surface from above: a map in colours with contours, the points the plane goes through, and the minimum. */

class FlatMap {
  constructor(canvas, grid, anchors) {
    Object.assign(this, { canvas, grid, anchors });
    this.context = canvas.getContext("2d");
    this.image = document.createElement("canvas");
    this.image.width = this.image.height = 240;
    this.findCells();
  }

  /* For every column and row of the image the grid line before it and how far it lies behind. */
  findCells() {
    const { u, v, columns, rows } = this.grid, size = this.image.width;
    const place = (values, count, t) => {
      const at = values[0] + t * (values[count - 1] - values[0]);
      const low = Math.min(Math.max(searchVertex(values, 0, count - 1, 1, at) - 1, 0), count - 2);
      return [low, Math.min(Math.max((at - values[low]) / (values[low + 1] - values[low]), 0), 1)];
    };
    this.across = Array.from({ length: size }, (_, i) => place(u, columns, i / (size - 1)));
    this.down = Array.from({ length: size }, (_, i) => place(v, rows, 1 - i / (size - 1)));
  }

  draw(beta, low, high, least) {
    const { canvas, context, image, grid } = this, size = image.width, ratio = devicePixelRatio;
    const loss = (row, column) => {
      const at = row * grid.columns + column;
      return grid.error[at] + beta * grid.norm[at];
    };
    const pixels = image.getContext("2d").createImageData(size, size), levels = new Float32Array(size);
    for (let j = 0; j < size; j++) {
      const [row, t] = this.down[j];
      let before = NaN;
      for (let i = 0; i < size; i++) {
        const [column, s] = this.across[i];
        const value = (1 - t) * ((1 - s) * loss(row, column) + s * loss(row, column + 1)) +
          t * ((1 - s) * loss(row + 1, column) + s * loss(row + 1, column + 1));
        const height = (value - low) / (high - low), level = Math.floor(Math.sqrt(Math.max(height, 0)) * 12);
        const isLine = (i > 0 && level !== before) || (j > 0 && level !== levels[i]);
        const color = height > 1.2 ? [128, 128, 128] : viridis(height);
        const shade = isLine ? 0.62 : 1, alpha = height > 1.2 ? 40 : 255;
        pixels.data.set([color[0] * shade, color[1] * shade, color[2] * shade, alpha], 4 * (j * size + i));
        before = levels[i] = level;
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    context.imageSmoothingEnabled = true;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    this.drawPoints(least);
  }

  toPixel(u, v) {
    const { grid, canvas } = this, last = [grid.u[grid.columns - 1], grid.v[grid.rows - 1]];
    return [(u - grid.u[0]) / (last[0] - grid.u[0]) * canvas.width, (1 - (v - grid.v[0]) / (last[1] - grid.v[0])) * canvas.height];
  }

  drawPoints(least) {
    const { context } = this, ratio = devicePixelRatio;
    const dot = (u, v, text, fill) => {
      const [x, y] = this.toPixel(u, v);
      context.beginPath();
      context.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
      context.fillStyle = fill;
      context.strokeStyle = "#000";
      context.lineWidth = ratio;
      context.fill();
      context.stroke();
      context.font = `${11 * ratio}px system-ui, sans-serif`;
      context.lineWidth = 3 * ratio;
      const right = x > this.canvas.width * 0.7;
      context.textAlign = right ? "right" : "left";
      context.strokeStyle = "rgba(0, 0, 0, 0.7)";
      context.fillStyle = "#fff";
      context.strokeText(text, x + (right ? -7 : 7) * ratio, y - 6 * ratio);
      context.fillText(text, x + (right ? -7 : 7) * ratio, y - 6 * ratio);
    };
    this.anchors.forEach((anchor) => dot(anchor.u, anchor.v, anchor.name, "#fff"));
    dot(least.u, least.v, "smallest L", "#d55e00");
  }
}
