using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansAdapter.Primary;

/// <summary>The answer to a question of the primary's: one line of JSON.</summary>
internal static class PrimaryAnswer
{
    /// <summary>An application's own metrics may be infinite, or no number.</summary>
    private static readonly JsonSerializerOptions Options = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static string Write<T>(T answer) => JsonSerializer.Serialize(answer, Options);

    /// <summary>Reads an answer; null where it is none, or says that there is nothing.</summary>
    public static T? Read<T>(string answer)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(answer, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
