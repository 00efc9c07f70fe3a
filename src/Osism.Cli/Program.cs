using Osism.Cli;
using Osism.Cli.CommandLine;
using Osism.Cli.Terminal;

// First of all: a signal from now on is heard.
using var interrupts = Interrupts.Install();
var environment = CliEnvironment.Read();
using var cli = new CliContext(
    environment, Screen.Detect(environment), Console.OpenStandardInput,
    new DescriptorStream(1, throwWhenGone: true), new DescriptorStream(2, throwWhenGone: false), interrupts, TimeProvider.System);
return CommandRunner.Run(cli, args);
