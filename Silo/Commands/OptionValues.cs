using System.CommandLine;
using System.Globalization;
using System.Net;

namespace OrleansAdapter.Silo.Commands;

/// <summary>Options whose values are checked: a wrong one is an error in one line that names the option.</summary>
internal static class OptionValues
{
    /// <summary>An option with a value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">What help calls the value.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="read">Reads the value; throws a <see cref="FormatException"/> that says what it must be.</param>
    public static Option<T> Checked<T>(string name, string value, string description, Func<string, T> read) => new(name)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            try
            {
                return text.Length > 0 ? read(text) : throw new FormatException("it needs a value");
            }
            catch (FormatException exception)
            {
                result.AddError($"{name} is '{text}'; {exception.Message}");
                return default;
            }
        },
    };

    /// <summary>An option that may stand without its value.</summary>
    public static Option<T?> Optional<T>(string name, string value, string description, T bare, Func<string, T> read)
        where T : class
    {
        var option = Checked<T?>(name, value, $"{description}; {bare} where no value is given", read);
        var parser = option.CustomParser!;
        option.Arity = ArgumentArity.ZeroOrOne;
        option.CustomParser = result => result.Tokens.Count == 0 ? bare : parser(result);
        return option;
    }

    /// <summary>The same with a value where none is given.</summary>
    public static Option<T> Checked<T>(string name, string value, string description, T otherwise, Func<string, T> read)
    {
        var option = Checked(name, value, description, read);
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>An option without a value.</summary>
    public static Option<bool> Flag(string name, string description)
    {
        var option = new Option<bool>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0)
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; it takes no value");
            }
        });
        return option;
    }

    public static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"it must be a number from {least} to {most}");

    public static IPAddress Address(string text) => IPAddress.TryParse(text, out var address) ? address : throw new FormatException("it must be an IP address");

    public static string ExistingFile(string path) => File.Exists(path) ? Path.GetFullPath(path) : throw new FormatException("there is no such file");

    public static string OneOf(string text, IEnumerable<string> known) =>
        known.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"it must be one of: {string.Join(", ", known)}");
}
