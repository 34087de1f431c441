/** What a cluster's evidence came to at its last decision. */
export interface Standing {
  ece: number | null;
  nullMean: number | null;
  n: number;
  score: number | null;
}

/** ECE is never shown without n and what a perfect model would show. */
export function evidenceText({ ece, n, nullMean }: Omit<Standing, 'score'>): string {
  return ece === null ? `ECE – (n ${n})` : `ECE ${ece.toFixed(3)} (n ${n}, perfect ${nullMean?.toFixed(3) ?? '–'})`;
}
