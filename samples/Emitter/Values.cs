using System.Text.Json;

namespace OrleansAdapter.Samples.Emitter;

/// <summary>Arguments of a command line as values.</summary>
internal static class Values
{
    public static object? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
