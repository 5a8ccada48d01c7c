using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansAdapter.DotNetClients;

/// <summary>Values as a client has them, and as JSON, in which bytes are <c>{ bytes: base64 }</c>.</summary>
internal static class Values
{
    public static object? Live(JsonNode? json) => json switch
    {
        null => null,
        JsonArray array => array.Select(Live).ToArray(),
        JsonObject value when value["bytes"] is JsonValue bytes => Convert.FromBase64String(bytes.GetValue<string>()),
        JsonObject value => value.ToDictionary(member => member.Key, member => Live(member.Value)),
        _ => json.GetValueKind() switch
        {
            JsonValueKind.String => json.GetValue<string>(),
            JsonValueKind.Number => json.AsValue().TryGetValue<long>(out var whole) ? whole : json.GetValue<double>(),
            var kind => kind == JsonValueKind.True,
        },
    };

    public static JsonNode? Plain(object? value) => value switch
    {
        null => null,
        JsonElement json => JsonNode.Parse(json.GetRawText()),
        JsonNode json => json,
        byte[] bytes => new JsonObject { ["bytes"] = Convert.ToBase64String(bytes) },
        IDictionary dictionary => new JsonObject(dictionary.Keys.Cast<object>().Select(key => KeyValuePair.Create((string)key, Plain(dictionary[key])))),
        IList list => new JsonArray([.. list.Cast<object?>().Select(Plain)]),
        _ => JsonSerializer.SerializeToNode(value),
    };
}
