using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace Rides;

/// <summary>Who somebody is, a JWT says: its subject is the user, its role what the user may do.</summary>
internal static class Tokens
{
    public static void AddTokens(this WebApplicationBuilder builder)
    {
        var key = builder.Configuration["Jwt:Key"] ?? throw new InvalidOperationException("Set Jwt:Key (Jwt__Key in the environment), 32 characters or more.");
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = "rides",
                ValidAudience = "rides",
                IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)),
            };
            options.Events = new JwtBearerEvents
            {
                OnMessageReceived = context => // browsers cannot put a header on a WebSocket
                {
                    context.Token ??= context.Request.Query["access_token"];
                    return Task.CompletedTask;
                },
            };
        });
        builder.Services.AddAuthorization();
    }
}
