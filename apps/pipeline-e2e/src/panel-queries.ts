/** A query of a panel of a Grafana dashboard. */
export interface PanelQuery {
  readonly panel: string;
  readonly language: 'promql' | 'sql';
  readonly text: string;
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr?: string; readonly rawSql?: string }[];
}

/** Of a dashboard as JSON, in the order of its panels. Throws on a target that is neither PromQL nor SQL. */
export function panelQueries(json: string): PanelQuery[] {
  const { panels } = JSON.parse(json) as { panels: readonly Panel[] };
  return panels.flatMap(({ title: panel, targets }) =>
    targets.map(({ expr, rawSql }): PanelQuery => {
      if (expr !== undefined) return { panel, language: 'promql', text: expr };
      if (rawSql !== undefined) return { panel, language: 'sql', text: rawSql };
      throw new Error(`the panel ${panel} has a target without a query`);
    }),
  );
}
