using System.ComponentModel;
using System.Globalization;

namespace OrleansAdapter;

/// <summary>
/// Turns an id into its text and back for what goes by <see cref="TypeConverter"/>: configuration, MVC, Newtonsoft.Json. <see langword="default"/> is empty
/// text.
/// </summary>
internal sealed class IdTypeConverter<T> : TypeConverter
    where T : struct, IEquatable<T>, ISpanParsable<T>
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <exception cref="FormatException">It is text of something else.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? text.Length == 0 ? default : T.Parse(text, culture) : base.ConvertFrom(context, culture, value);

    public override object? ConvertTo(ITypeDescriptorContext? context, CultureInfo? culture, object? value, Type destinationType) =>
        value is T id && destinationType == typeof(string)
            ? id.Equals(default) ? "" : id.ToString()
            : base.ConvertTo(context, culture, value, destinationType);
}
