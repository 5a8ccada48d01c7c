using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace OrleansAdapter.WebWorker.Page;

/// <summary>Reads what people type: text of a bounded length, without control characters.</summary>
internal static class PageText
{
    /// <exception cref="HubException">It is something else.</exception>
    public static string Read(JsonElement value, string what, int longest)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new HubException($"The {what} must be a string, and not {value.ValueKind}.");
        }
        string text;
        try
        {
            text = value.GetString()!.Trim();
        }
        catch (InvalidOperationException exception)
        {
            throw new HubException($"The {what} is not valid Unicode: it has a lone surrogate.", exception);
        }
        if (text.Length == 0 || text.Length > longest)
        {
            throw new HubException($"The {what} must have 1 to {longest} characters, and not {text.Length}.");
        }
        if (text.Any(char.IsControl))
        {
            throw new HubException($"The {what} must not have control characters.");
        }
        return text;
    }
}
