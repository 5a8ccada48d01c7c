using Microsoft.Extensions.Options;
using OrleansAdapter.Silo;
using OrleansAdapter.Silo.Commands;

const int failure = 1;
const int wrongOptions = 2;

try
{
    return await CommandLine.RunAsync(args);
}
catch (OptionsException exception)
{
    Console.Error.WriteLine($"{ProgramName.Value}: {exception.Message} (see --help)");
    return wrongOptions;
}
catch (OptionsValidationException exception)
{
    Console.Error.WriteLine($"{ProgramName.Value}: {exception.Message}");
    return wrongOptions;
}
catch (PrimaryException exception)
{
    Console.Error.WriteLine($"{ProgramName.Value}: {exception.Message}");
    return failure;
}
