// Reads imaged.proto: as much of proto3's syntax as it uses.

/**
 * The services and messages of a .proto file, with the comments above or behind them.
 *
 * @param {string} text
 * @returns {{services: object[], messages: object[]}} In the file's order. A service has `name` and
 *   `operations` with `name`, `request`, `response`, `isStreaming`, `comment`; a message `name`,
 *   `comment` and `fields` with `name`, `number`, `type`, `label`, `comment`.
 */
export function parseProto(text) {
  const services = [];
  const messages = [];
  let comment = [];
  let block = null;
  const said = (behind) => [...comment, ...(behind ? [behind] : [])].join(' ');
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, code, behind = ''] = /^(.*?)\s*(?:\/\/\s?(.*))?$/.exec(line);
    if (code === '') {
      // A line of dashes parts sections; an empty line parts a comment from what follows.
      if (line === '' || behind.startsWith('---')) comment = [];
      else comment.push(behind);
      continue;
    }
    const start = /^(service|message) (\w+) \{(\}?)$/.exec(code);
    const operation = /^rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);$/.exec(code);
    const field = /^(?:(optional|repeated) )?(\w+) (\w+) = (\d+);$/.exec(code);
    if (start) {
      const [, kind, name] = start;
      block = { name, comment: said(behind), [kind === 'service' ? 'operations' : 'fields']: [] };
      (kind === 'service' ? services : messages).push(block);
    } else if (operation) {
      const [, name, request, stream, response] = operation;
      const isStreaming = stream !== undefined;
      block.operations.push({ name, request, response, isStreaming, comment: said(behind) });
    } else if (field && block?.fields) {
      const [, label = '', type, name, number] = field;
      block.fields.push({ name, number: Number(number), type, label, comment: said(behind) });
    } else if (code !== '}' && !/^(syntax|package|option) /.test(code)) {
      throw new Error(`a line that is not understood: ${line}`);
    }
    comment = [];
  }
  return { services, messages };
}
