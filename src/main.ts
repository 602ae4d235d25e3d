// The process: hands itself to the command line and ends with its exit code. app.ts composes the exchange.
import { runCli } from './cli/cli.ts';

// A reader that has seen enough (`sedax decode | head`) closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  write: (text) => process.stdout.write(text),
  complain: (line) => process.stderr.write(`${line}\n`),
});
// What is still open (a connection that does not close, a stage that failed to stop) must not keep the process.
process.exit(code);
