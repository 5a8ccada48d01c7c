using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Net;
using OrleansAdapter.Silo.Status;

namespace OrleansAdapter.Silo.Commands;

/// <summary>The program's command line: its roles, and what each can be told.</summary>
internal static class CommandLine
{
    /// <summary>Does what the arguments say; returns the exit code.</summary>
    /// <exception cref="OptionsException">They are wrong.</exception>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        // No RootCommand: that has the name of the file, and a tool is called otherwise.
        var root = new Command(ProgramName.Value, "Runs a cluster on this machine, and tells how it is.")
        {
            new HelpOption { Action = new HelpOfAll() }, new VersionOption(), PrimaryCommand.Create(), Status(), Reload(), Directory(), Database(),
        };

        // A value that begins with '@' is a value, not a file with more of them.
        var parsed = root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (parsed.Errors is [var error, ..])
        {
            throw new OptionsException(
                parsed.CommandResult.Command == root
                    ? WithoutRole(root, parsed.UnmatchedTokens)
                    : Superfluous(arguments, parsed.UnmatchedTokens) ?? error.Message.TrimEnd('.'));
        }
        // Each role knows itself what a signal means to it.
        return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static string WithoutRole(Command root, IReadOnlyList<string> unmatched)
    {
        var roles = string.Join(", ", root.Subcommands.Select(role => role.Name));
        return unmatched is [var first, ..] ? $"there is no role '{first}': it is one of {roles}" : $"a role is needed: one of {roles}";
    }

    /// <summary>The error for a value of an option that takes none, which the parser takes for an argument by itself; null if there is no such value.</summary>
    private static string? Superfluous(IReadOnlyList<string> arguments, IReadOnlyList<string> unmatched) =>
        (from value in unmatched
         from argument in arguments
         where argument.StartsWith("--", StringComparison.Ordinal) && argument.EndsWith($"={value}", StringComparison.Ordinal)
         select $"{argument[..argument.IndexOf('=', StringComparison.Ordinal)]} is '{value}'; it takes no value").FirstOrDefault();

    private static Command Status()
    {
        var port = FrontPort();
        var json = OptionValues.Flag("--json", "as JSON");
        var command = new Command("status", "Tells how a primary's processes are.") { port, json };
        command.SetAction(parsed => StatusRole.StatusAsync(parsed.GetValue(port), parsed.GetValue(json)));
        return command;
    }

    private static Command Reload()
    {
        var port = FrontPort();
        var command = new Command("reload", "Puts others in the place of a primary's workers, one after the other.") { port };
        command.SetAction(parsed => StatusRole.ReloadAsync(parsed.GetValue(port)));
        return command;
    }

    private static Command Directory()
    {
        var colocated = OptionValues.Flag("--colocated", "workers are silos as well");
        var first = OptionValues.Flag("--first-start", "no directory ran before this one: do not wait for servers that remember one");
        var command = new Command("directory", "Hosts the directory; started by the primary.") { colocated, first };
        command.SetAction(parsed => DirectoryRole.RunAsync(parsed.GetValue(colocated), parsed.GetValue(first)));
        return command;
    }

    private static Command Database()
    {
        var file = OptionValues.Checked<string?>("--connection-file", "FILE", "holds the database's connection string", OptionValues.ExistingFile);
        file.Required = true;
        var init = new Command("init", "Makes the tables that --cluster postgres needs, where they are missing; what is there stays.") { file };
        init.SetAction((parsed, stopping) => DatabaseCommand.InitializeAsync(parsed.GetValue(file)!, stopping));
        return new Command("database", "Prepares the database in which the silos of several machines find each other.") { init };
    }

    private static Option<int?> FrontPort() => OptionValues.Checked<int?>(
        "--port", "P", "the front port of the primary that is meant, where there are several", text => OptionValues.Number(text, 1, IPEndPoint.MaxPort));

    /// <summary>The help of the program is that of all its roles.</summary>
    private sealed class HelpOfAll : SynchronousCommandLineAction
    {
        private readonly HelpAction _one = new();

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            _one.Invoke(parseResult);
            var root = parseResult.RootCommandResult.Command;
            if (parseResult.CommandResult.Command == root)
            {
                foreach (var role in root.Subcommands)
                {
                    root.Parse([role.Name, "--help"]).Invoke(parseResult.InvocationConfiguration);
                }
            }
            return 0;
        }
    }
}
