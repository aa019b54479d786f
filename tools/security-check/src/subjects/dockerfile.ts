/** One instruction, continuation lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** The stages of a Dockerfile in their order; what stands before the first `FROM` is left out. */
export function stagesOf(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const continued = line.endsWith('\\');
    const part = (continued ? line.slice(0, -1) : line).trim();
    open = open ? { ...open, text: `${open.text} ${part}` } : { text: part, line: index + 1 };
    if (continued) continue;
    const [name = ''] = open.text.split(/\s/, 1);
    instructions.push({
      name: name.toUpperCase(),
      text: open.text.slice(name.length).trim(),
      line: open.line,
    });
    open = undefined;
  }
  return instructions;
}
