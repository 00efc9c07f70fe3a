using Microsoft.Extensions.Options;

namespace Osism.Daemon.Notifications;

internal static class NotificationServices
{
    /// <summary>Receivers for whoever shows or tries them; with the role <c>beat</c> also what tells them.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services, bool isBeat)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration(NotificationOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationOptions>, NotificationOptionsValidator>();
        services.AddSingleton<NotificationStore>().AddSingleton<NotificationSender>();
        if (isBeat)
        {
            services.AddSingleton<NotificationDesk>();
            services.AddHostedService(provider => provider.GetRequiredService<NotificationDesk>());
        }

        return services;
    }
}
