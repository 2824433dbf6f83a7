/* SPDX-License-Identifier: MIT */
/* The loss surface over a plane of parameter space, in WebGL2: a grid of triangles whose heights are E + beta n, so that
 * another beta is another number for the graphics processor and nothing is sent again. */

const surfaceVertex = `#version 300 es
in vec2 place;    /* -1..1 on the longer side */
in float error, norm;
uniform float beta, low, high, lift;
uniform mat4 view;
out vec3 world;
out float height;
void main() {
  height = (error + beta * norm - low) / (high - low);
  world = vec3(place, lift * (min(height, 1.25) - 0.5));
  gl_Position = view * vec4(world, 1.0);
}`;

/* Viridis as a polynomial (Matt Zucker's fit, public domain); contours at squares of equal steps. */
const surfaceFragment = `#version 300 es
precision highp float;
in vec3 world;
in float height;
uniform vec3 light;
out vec4 color;
vec3 viridis(float t) {
  const vec3 c0 = vec3(0.2777273, 0.0054074, 0.3340998), c1 = vec3(0.1050930, 1.4046135, 1.3845901);
  const vec3 c2 = vec3(-0.3308618, 0.2148476, 0.0950952), c3 = vec3(-4.6342305, -5.7991010, -19.3324410);
  const vec3 c4 = vec3(6.2282699, 14.1799334, 56.6905526), c5 = vec3(4.7763850, -13.7451454, -65.3530326);
  const vec3 c6 = vec3(-5.4354559, 4.6458526, 26.3124352);
  return c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * (c5 + t * c6)))));
}
void main() {
  if (height > 1.2) discard;
  vec3 normal = normalize(cross(dFdx(world), dFdy(world)));
  float bright = 0.55 + 0.45 * abs(dot(normal, light));
  float level = sqrt(max(height, 0.0)) * 12.0;
  float width = fwidth(level);
  float line = smoothstep(0.0, 1.2 * width, abs(fract(level - 0.5) - 0.5));
  color = vec4(viridis(clamp(height, 0.0, 1.0)) * bright * mix(0.62, 1.0, line), 1.0);
}`;

function compileShader(gl, kind, source) {
  const shader = gl.createShader(kind);
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

/* Column-major 4 x 4 products, as OpenGL wants them. */
function multiply(a, b) {
  const out = new Float32Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < 4; k++) out[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return out;
}

class Surface {
  /* grid: { columns, rows, u, v, error, norm }; u ascending along columns, v along rows. NULL where there is no WebGL2. */
  static make(canvas, grid) {
    const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
    return gl ? new Surface(canvas, gl, grid) : null;
  }

  constructor(canvas, gl, grid) {
    Object.assign(this, { canvas, gl, grid, turn: -0.6, tilt: 0.95 });
    const program = gl.createProgram();
    gl.attachShader(program, compileShader(gl, gl.VERTEX_SHADER, surfaceVertex));
    gl.attachShader(program, compileShader(gl, gl.FRAGMENT_SHADER, surfaceFragment));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    this.program = program;
    this.fill();
    this.listen();
  }

  fill() {
    const { gl, program, grid } = this, { columns, rows, u, v } = grid;
    const span = Math.max(u[columns - 1] - u[0], v[rows - 1] - v[0]) / 2;
    const middle = [(u[0] + u[columns - 1]) / 2, (v[0] + v[rows - 1]) / 2];
    this.toPlace = (a, b) => [(a - middle[0]) / span, (b - middle[1]) / span];
    const places = new Float32Array(2 * columns * rows), indices = new Uint32Array(6 * (columns - 1) * (rows - 1));
    for (let r = 0, at = 0, i = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, at++) {
        places.set(this.toPlace(u[c], v[r]), 2 * at);
        if (r + 1 < rows && c + 1 < columns) {
          indices.set([at, at + 1, at + columns, at + 1, at + columns + 1, at + columns], i);
          i += 6;
        }
      }
    }
    const attribute = (name, size, values) => {
      const where = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(where);
      gl.vertexAttribPointer(where, size, gl.FLOAT, false, 0, 0);
    };
    attribute("place", 2, places);
    attribute("error", 1, Float32Array.from(grid.error));
    attribute("norm", 1, Float32Array.from(grid.norm));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    this.count = indices.length;
  }

  /* Turned about the vertical axis, then tilted; a mild perspective. */
  viewMatrix() {
    const [ct, st, cl, sl] = [Math.cos(this.turn), Math.sin(this.turn), Math.cos(this.tilt), Math.sin(this.tilt)];
    const turn = [ct, st, 0, 0, -st, ct, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const tilt = [1, 0, 0, 0, 0, cl, -sl, 0, 0, sl, cl, 0, 0, 0, 0, 1];
    const aspect = this.canvas.width / this.canvas.height, zoom = 2.7, near = 1, far = 9, away = 4;
    const lens = [zoom / aspect, 0, 0, 0, 0, zoom, 0, 0, 0, 0, -(far + near) / (far - near), -1, 0, 0,
      -2 * far * near / (far - near), 0];
    const move = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0.12, -away, 1];
    return multiply(lens, multiply(move, multiply(tilt, turn)));
  }

  listen() {
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      last = [event.clientX, event.clientY];
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      this.rotate((event.clientX - last[0]) / 150, (event.clientY - last[1]) / 150);
      last = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => { last = null; });
    this.canvas.addEventListener("keydown", (event) => {
      const turn = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
      if (!turn) return;
      event.preventDefault();
      this.rotate(...turn);
    });
  }

  rotate(turn, tilt) {
    this.turn += turn;
    this.tilt = Math.min(Math.max(this.tilt + tilt, 0.05), 1.55);
    this.draw(this.beta, this.low, this.high);
  }

  /* Colours and heights from `low` to `high`. */
  draw(beta, low, high) {
    Object.assign(this, { beta, low, high });
    const { gl, program, canvas } = this, ratio = devicePixelRatio;
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.enable(gl.DEPTH_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const uniform = (name) => gl.getUniformLocation(program, name);
    gl.uniform1f(uniform("beta"), beta);
    gl.uniform1f(uniform("low"), low);
    gl.uniform1f(uniform("high"), high);
    gl.uniform1f(uniform("lift"), 1.1);
    gl.uniform3f(uniform("light"), 0.35, -0.45, 0.82);
    gl.uniformMatrix4fv(uniform("view"), false, this.viewMatrix());
    gl.drawElements(gl.TRIANGLES, this.count, gl.UNSIGNED_INT, 0);
  }
}
