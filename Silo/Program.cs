using OrleansAdapter.Silo;
using OrleansAdapter.Silo.Primary;
using OrleansAdapter.Silo.Status;

const int failure = 1;
const int wrongOptions = 2;

try
{
    switch (CommandLine.Parse(args))
    {
        case PrimaryCommand command:
            return await PrimaryRole.RunAsync(command.Options);
        case StatusCommand command:
            return await StatusRole.StatusAsync(command.Port, command.Json);
        case ReloadCommand command:
            return await StatusRole.ReloadAsync(command.Port);
        case DirectoryCommand command:
            return await DirectoryRole.RunAsync(command.Colocated, command.FirstStart);
        default:
            Console.Out.Write(CommandLine.Usage);
            return 0;
    }
}
catch (OptionsException exception)
{
    Console.Error.WriteLine($"Silo: {exception.Message} (see --help)");
    return wrongOptions;
}
catch (PrimaryException exception)
{
    Console.Error.WriteLine($"Silo: {exception.Message}");
    return failure;
}
