/** Where the demo writes: `process.stdout` will do. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export type Colour = "green" | "yellow" | "red" | "dim" | "bold";
const CODE: Readonly<Record<Colour, string>> = {
  green: "32",
  yellow: "33",
  red: "31",
  dim: "2",
  bold: "1",
};

/** Lines on a terminal; colours only where there is one. */
export class Screen {
  constructor(private readonly out: Output) {}

  line(text = ""): void {
    this.out.write(`${text}\n`);
  }

  paint(colour: Colour, text: string): string {
    return this.out.isTTY === true ? `\u001b[${CODE[colour]}m${text}\u001b[0m` : text;
  }

  heading(text: string): void {
    this.line();
    this.line(this.paint("bold", text));
  }

  /** Columns as wide as their widest cell; the first `left` of them flush left, the others flush right. */
  table(rows: readonly (readonly string[])[], left = 1): void {
    const widths: number[] = [];
    for (const row of rows) {
      row.forEach((cell, index) => {
        widths[index] = Math.max(widths[index] ?? 0, cell.length);
      });
    }
    rows.forEach((row, index) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < left ? cell.padEnd(width) : cell.padStart(width);
      });
      const text = `  ${cells.join("  ").trimEnd()}`;
      this.line(index === 0 ? this.paint("dim", text) : text);
    });
  }
}

/** The terminal's own time of day, with milliseconds. */
export function clock(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const millis = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}
