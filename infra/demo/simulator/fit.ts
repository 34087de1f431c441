/** Rows of features, all of the same length; the first is usually the constant 1. */
type Matrix = readonly (readonly number[])[];

/** A little ridge keeps the equations solvable when a feature never varies. */
const RIDGE = 1e-3;

/** Least squares with weights: solves (X'WX + ridge) b = X'Wz. */
export function leastSquares(rows: Matrix, targets: readonly number[], weights?: readonly number[]): number[] {
  const width = rows[0]?.length ?? 0;
  const normal = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j): number => (i === j ? RIDGE : 0)),
  );
  const right = new Array<number>(width).fill(0);
  for (const [n, row] of rows.entries()) {
    const weight = weights?.[n] ?? 1;
    for (let i = 0; i < width; i++) {
      const scaled = weight * (row[i] ?? 0);
      right[i] = (right[i] ?? 0) + scaled * (targets[n] ?? 0);
      const line = normal[i];
      if (line) for (let j = 0; j < width; j++) line[j] = (line[j] ?? 0) + scaled * (row[j] ?? 0);
    }
  }
  return solve(normal, right);
}

/** Logistic regression by iteratively reweighted least squares; deterministic; a dozen rounds are plenty. */
export function logisticRegression(rows: Matrix, labels: readonly number[]): number[] {
  let coefficients = new Array<number>(rows[0]?.length ?? 0).fill(0);
  for (let round = 0; round < 12; round++) {
    const weights: number[] = [];
    const targets: number[] = [];
    for (const [n, row] of rows.entries()) {
      const x = clamp(dot(row, coefficients), 12);
      const p = sigmoid(x);
      const weight = Math.max(1e-5, p * (1 - p));
      weights.push(weight);
      targets.push(x + ((labels[n] ?? 0) - p) / weight);
    }
    coefficients = leastSquares(rows, targets, weights);
  }
  return coefficients;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function clamp(x: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, x));
}

/** Gaussian elimination with pivoting; consumes its arguments. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(matrix[row]?.[column] ?? 0) > Math.abs(matrix[pivot]?.[column] ?? 0)) pivot = row;
    }
    swap(matrix, column, pivot);
    swap(right, column, pivot);
    const head = matrix[column] ?? [];
    for (let row = column + 1; row < size; row++) {
      const line = matrix[row] ?? [];
      const factor = (line[column] ?? 0) / (head[column] ?? 1);
      for (let j = column; j < size; j++) line[j] = (line[j] ?? 0) - factor * (head[j] ?? 0);
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    const line = matrix[row] ?? [];
    let rest = right[row] ?? 0;
    for (let j = row + 1; j < size; j++) rest -= (line[j] ?? 0) * (solution[j] ?? 0);
    solution[row] = rest / (line[row] ?? 1);
  }
  return solution;
}

function swap<T>(list: T[], a: number, b: number): void {
  const first = list[a];
  const second = list[b];
  if (first === undefined || second === undefined) return;
  list[a] = second;
  list[b] = first;
}
